# Moves an allocation's lease to a later time. Wants: allocation, until.
cd "$allocation" 2>/dev/null || exit 71
[ ! -e closed ] || exit 72
recall lease
[ -n "$known" ] && [ "$known" -lt "$until" ] || exit 0
echo "$until" >"lease.$$" && mv "lease.$$" lease || exit 74
