# A process is known by "pid start boot": a pid that is used again has another start.

# identify PID: sets id, and stat to the process's state. Fails when there is no such process.
identify() {
	id= stat= pid=$1
	case $pid in '' | *[!0-9]*) return 1 ;; esac
	if [ -r /proc/self/stat ]; then
		{ read -r line <"/proc/$pid/stat"; } 2>/dev/null || return 1
		read -r boot </proc/sys/kernel/random/boot_id
		set -- ${line##*) }
		stat=$1 id="$pid ${20} $boot"
	else
		set -- $(LC_ALL=C TZ=UTC0 ps -o state= -o lstart= -p "$pid" 2>/dev/null)
		[ -n "$2" ] || return 1
		stat=$1 id="$pid $2_$3_$4_$5_$6 -"
	fi
}

# alive PID START BOOT: whether that process still runs.
alive() {
	identify "$1" || return 1
	case $stat in Z* | X*) return 1 ;; esac
	[ "$id" = "$*" ]
}

# recall FILE: sets known to the process a file names, or to nothing.
recall() {
	known=
	{ read -r known <"$1"; } 2>/dev/null || known=
}

# strike SIGNAL "PID START BOOT": signals a process's group, unless its pid is another's by now. What is left of a
# group keeps the pid of its dead leader from being used again.
strike() {
	[ -n "$2" ] || return 0
	if identify "${2%% *}" && [ "$id" != "$2" ]; then return 0; fi
	kill -s "$1" -- "-${2%% *}" 2>/dev/null || { alive $2 && kill -s "$1" "${2%% *}" 2>/dev/null; }
}
