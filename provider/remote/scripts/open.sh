# Makes an allocation's folder. Wants: allocation, epoch, until.
mkdir -p "$allocation/tasks" && cd "$allocation" || exit 74
[ ! -e closed ] || exit 72
: >"epoch.$epoch" || exit 74
[ "$until" = 0 ] || [ -s lease ] || { echo "$until" >"lease.$$" && mv "lease.$$" lease; } || exit 74
[ ! -e closed ] || exit 72
