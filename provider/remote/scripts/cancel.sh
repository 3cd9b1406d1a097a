# Asks a task to end. Wants: allocation, task.
cd "$allocation/tasks/$task/state" 2>/dev/null || exit 0
[ ! -s exit ] || exit 0
recall pid
[ -n "$known" ] || exit 0
if alive $known; then
	kill -s TERM "${known%% *}"
else
	recall child
	strike KILL "$known"
fi
exit 0
