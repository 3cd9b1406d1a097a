# Prints what is known of tasks, whose allocations and keys come as lines on stdin. A record starts with "task" and
# ends with ".", so that an answer cut short is seen.
while read -r allocation task; do
	echo "task $allocation $task"
	[ ! -e "$allocation/closed" ] || echo closed
	cd "$allocation/tasks/$task/state" 2>/dev/null || { echo .; continue; }
	recall pid
	echo "pid $known"
	running=
	[ -z "$known" ] || ! alive $known || running=1
	recall exit # after the look at the process: one that ended in between has left its exit
	if [ -n "$known" ]; then
		echo "exit $known"
	elif [ -n "$running" ]; then
		echo alive
		started=$(date -r child +%s 2>/dev/null || stat -f %m child 2>/dev/null) && echo "started $started"
	fi
	recall child
	echo "child $known"
	{ IFS= read -r said || [ -n "$said" ]; } <progress 2>/dev/null && printf 'progress %.200s\n' "$said"
	at=$(stat -c %Y ../log progress 2>/dev/null || stat -f %m ../log progress 2>/dev/null) && echo at $at
	[ ! -e ready ] || echo ready
	echo .
	cd "$root" || exit 74
done
