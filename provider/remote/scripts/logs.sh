# Prints a task's log from a byte on, and exits 10 when nothing can be added any more. Wants: allocation, task, from.
cd "$allocation/tasks/$task" 2>/dev/null || exit 71
over=0
recall state/pid
if [ -s state/exit ] || { [ -n "$known" ] && ! alive $known; }; then over=10; fi
[ ! -e log ] || tail -c "+$from" log
exit $over
