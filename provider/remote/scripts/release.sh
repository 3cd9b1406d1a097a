# Ends all tasks of an allocation and closes it. Wants: allocation.
mkdir -p "$allocation/tasks" && cd "$allocation" && : >closed || exit 74
cd tasks || exit 74

# first asks every wrapper to end its command, which it does at once when the allocation is closed.
for task in *; do
	recall "$task/state/pid"
	[ -z "$known" ] || ! alive $known || kill -s TERM "${known%% *}"
done

# gone FILE TRIES: waits until the process a file names has ended, and makes it after some tries. What is left of its
# group is killed and not waited for: it does nothing any more, and may stay a zombie for as long as nobody reaps it.
gone() {
	recall "$1"
	tries=0
	while [ -n "$known" ] && alive $known; do
		[ "$tries" -lt "$2" ] || strike KILL "$known"
		[ "$tries" -lt 1000 ] || exit 76
		tries=$((tries + 1))
		sleep 0.01
	done
	strike KILL "$known"
}

for task in *; do
	[ ! -d "$task/state" ] || { gone "$task/state/pid" 300; gone "$task/state/child" 0; }
done
rm -rf */work */tmp */in 2>/dev/null || : # a container may have left what only it can remove
