#!/bin/sh
# The migration as a loop over govc: one VM after the other, each with two calls.
#
#     govc-loop.sh GOVC URL COUNT
set -eu
govc=$1
export GOVC_URL="$2" GOVC_INSECURE=1
changed=0
for vm in $("$govc" find / -type m -name 'ctr-*'); do
  [ "$changed" -lt "$3" ] || break
  name=$("$govc" vm.info -e "$vm" | sed -n 's/^ *guestinfo\.vice\.\/common\/name: *//p')
  [ -n "$name" ] || { echo "$vm has no name" >&2; exit 1; }
  "$govc" vm.change -vm "$vm" -e "common/name=$name" -e common/rename-disabled=true
  changed=$((changed + 1))
done
[ "$changed" -eq "$3" ] || { echo "changed $changed of $3 containerVMs" >&2; exit 1; }
