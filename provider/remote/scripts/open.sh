# Makes an allocation's folder, and moves its lease to a later time. Wants: allocation, epoch, until.
mkdir -p "$allocation/tasks" && cd "$allocation" || exit 74
[ ! -e closed ] || exit 72
: >"epoch.$epoch" || exit 74
recall lease
[ "$until" = 0 ] || { [ -n "$known" ] && [ "$known" -ge "$until" ]; } || { echo "$until" >"lease.$$" && mv "lease.$$" lease; } || exit 74
[ ! -e closed ] || exit 72
