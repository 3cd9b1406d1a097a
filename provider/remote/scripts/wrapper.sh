# The wrapper stays with one command. It is read whole before its last line sets it off, so that a text cut short does
# nothing. Generated before it: grace, limit, serve, checked; record, fresh, setup, run, health, cleanup.

main() {
	find_setsid
	identify $$ || exit 1
	me=$id code= term= child= timers= asked= born=${id#* }
	claim=tmp/.claim.$$.${born%% *}
	printf '%s\n' "$me" >"$claim" || exit 1
	ln "$claim" state/pid 2>/dev/null || exit 0
	[ -e ../../closed ] && exit 0
	exec </dev/null >/dev/null 2>&1 # this shell has things to say of killed commands that are not the task's
	trap 'term=1; stop' TERM
	record >task.json
	fresh >>log 2>&1 || finish 126 -
	: >>state/progress
	guard
	[ -n "$setsid" ] || set -m # gives the command a group of its own
	( launch ) >>log 2>&1 &
	child=$!
	set +m
	[ -n "$term" ] && stop
	started=$(date +%s.%N)
	settle
	tend
	await
	finish "$code" "$started"
}

find_setsid() {
	setsid=
	IFS=:
	for dir in $PATH; do
		[ -x "$dir/setsid" ] && setsid=$dir/setsid && break
	done
	unset IFS
}

# launch becomes the command. It notes down who it is first: the wrapper may be killed at any moment.
launch() {
	if { read -r line </proc/self/stat; } 2>/dev/null; then
		identify "${line%% *}" && printf '%s\n' "$id" >state/child
	fi
	setup && run
	exit 126
}

# settle notes the command's identity where it could not do so itself.
settle() {
	[ -r /proc/self/stat ] || { identify "$child" && printf '%s\n' "$id" >state/child; }
}

# guard sets off what ends the command when its time or the lease runs out. It is there before the command is.
guard() {
	[ "$limit" = 0 ] || { timers=1; ( sleep "$limit"; end timeout ) & }
	[ ! -s ../../lease ] || { timers=1; ( outlast; end lease ) & }
}

# tend finds out when a command that serves is ready.
tend() {
	[ -n "$serve" ] || return 0
	[ -n "$checked" ] || { : >state/ready; return 0; }
	timers=1
	( until ( setup && health ) >/dev/null 2>&1; do sleep 0.2; done; : >state/ready ) &
}

# outlast returns once the lease, which may be moved meanwhile, has passed.
outlast() {
	while read -r until <../../lease && left=$((until - $(date +%s))) && [ "$left" -gt 0 ]; do
		[ "$left" -le 3600 ] || left=3600
		sleep "$left"
	done
}

# end WHY: has the wrapper end the command, or does so for a wrapper that is gone.
end() {
	printf '%s\n' "$1" >state/reason
	if alive $me; then
		kill -s TERM $$
	else
		recall state/child
		strike KILL "$known"
	fi
}

# stop asks the command to end, and sees to it after the grace time; at once when the allocation is closed.
stop() {
	[ -n "$child" ] || return 0
	if [ -e ../../closed ]; then
		signal KILL
		return 0
	fi
	signal TERM
	[ -n "$asked" ] || ( sleep "$grace"; signal KILL ) &
	asked=1 timers=1
}

# signal NAME: to the command's group, or to the command alone while it has none yet.
signal() {
	kill -s "$1" -- "-$child" 2>/dev/null || kill -s "$1" "$child" 2>/dev/null
}

# await waits for the command, and sets code. A signal ends the wait early with a code that is not the command's; a
# second wait for a command that has been waited for gives 127.
await() {
	while :; do
		term=
		wait "$child"
		got=$?
		[ -n "$code" ] && [ "$got" = 127 ] || code=$got
		[ -n "$term" ] || return 0
	done
}

# finish CODE STARTED: notes the exit and ends the wrapper. The record is one write, and not valid without its end of
# line. A kill of the whole group, itself included, is the one way to end all timers whatever they are doing.
finish() {
	trap '' TERM
	[ -z "$child" ] || kill -s KILL -- "-$child" 2>/dev/null
	if [ -s state/reason ]; then
		read -r why <state/reason
		echo "broker: the task was ended by its $why" >>log
	fi
	cleanup "$1"
	date "+$1 $2 %s.%N" >state/exit
	[ -z "$timers" ] || kill -s KILL -- "-$$"
	exit
}

main
