#!/bin/sh
# Runs a command as the container of a pod would run: process 1 of its own namespace, its own read-only root with the
# image's files in it, user 65532, no capabilities, no new privileges, inside a memory cgroup.
#
#   unshare --mount --pid --fork --uts --kill-child pod-sandbox.sh REPOSITORY ROOT NODE CGROUP HOSTNAME COMMAND...
#
# ROOT holds what the kubelet mounts (etc/nea, tmp) and becomes the root; CGROUP is a directory or "".
set -eu
repository=$1 root=$2 node=$3 cgroup=$4 hostname=$5
shift 5

[ -z "$cgroup" ] || echo $$ > "$cgroup/cgroup.procs"
mount --make-rprivate /
hostname "$hostname"

mount --bind "$root" "$root"
cd "$root"
mkdir -p app/gateway app/node_modules proc dev sys/fs/cgroup usr tmp
touch app/package.json bin-node

# The image: the system's libraries, Node, and what the Dockerfile copies.
mount --rbind /usr usr
for directory in bin lib lib64; do
  if [ -L "/$directory" ]; then ln -sfn "$(readlink "/$directory")" "$directory"
  elif [ -d "/$directory" ]; then mkdir -p "$directory" && mount --rbind "/$directory" "$directory"
  fi
done
read_only() { mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"; }
read_only "$node" bin-node
read_only "$repository/gateway" app/gateway
read_only "$repository/node_modules" app/node_modules
read_only "$repository/package.json" app/package.json

# The pod: /tmp is an emptyDir, everything else is read-only.
mount --bind tmp tmp
mount -t proc proc proc
mount --rbind /dev dev
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount -o remount,bind,ro .

cd /
exec chroot "$root" setpriv --reuid=65532 --regid=65532 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
  sh -c 'cd /etc/nea && exec "$@"' sh /bin-node "$@"
