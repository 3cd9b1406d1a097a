# Starts a task's wrapper, whose text comes on stdin. Wants: allocation, task, epoch.
cd "$allocation" 2>/dev/null || exit 71
[ -e closed ] && exit 72
: >"epoch.$epoch" || exit 74
for f in epoch.*; do
	[ "${f#epoch.}" -le "$epoch" ] || exit 73
done
[ -s "tasks/$task/state/pid" ] && exit 0
mkdir -p "tasks/$task/state" "tasks/$task/work" "tasks/$task/tmp" || exit 74
cd "tasks/$task" || exit 74
exec 3<&0 </dev/null

# The substitution ends when the wrapper has let go of its streams: it has the task then, or another one has.
if command -v setsid >/dev/null; then
	: "$(setsid sh -c 'eval "$(cat)"' "broker task $task" <&3 3<&- &)"
else
	: "$(set -m; sh -c 'eval "$(cat)"' "broker task $task" <&3 3<&- &)"
fi
[ -e ../../closed ] && exit 72
[ -s state/pid ] || exit 75
