# The guest's first process, run by `busybox sh` with the guest's shared folder as $1. It must be a shell script: it
# is what turns an empty kernel into a system, and Python would need that system first (and is five times slower here).
#
# / is in memory (nfsd exports neither hostfs nor overlay as NFSv4's root), and in it lie the machine's own folders (hostfs),
# read-only. /usr is the machine's with the Debian packages laid over it; /etc, /run, /mnt are empty at first; /var is a
# disk. Of the machine only the shared folder and the folder for logs are writable.
share=$1
. "$share/variables" # PACKAGES, BUSYBOX, KERNEL_MODULES (files, in the order of their dependencies), HOST_NAME, ADDRESS, GATEWAY, LOGS
export PATH=/usr/sbin:/usr/bin
b=$BUSYBOX

if [ "$2" != inside ]; then
	$b mount -t tmpfs -o mode=755 tmpfs /mnt
	for path in /*; do
		name=${path#/}
		if [ -L "$path" ]; then
			$b cp -P "$path" /mnt/
		elif [ -d "$path" ]; then
			$b mkdir "/mnt/$name"
			case $name in
			proc | sys | dev | run | mnt) ;;
			*) $b mount --bind "$path" "/mnt/$name" ;;
			esac
		fi
	done
	$b mkdir /mnt/.machine
	cd /mnt
	$b pivot_root . .machine
	exec "$b" chroot . "$b" sh "$0" "$share" inside
fi

$b umount -l /.machine
$b rmdir /.machine
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t tmpfs tmpfs /run
$b mkdir -p /run/share /run/logs /run/etc /run/tmp /run/disk /run/agent
$b mount -t hostfs -o "$share" none /run/share
$b mount -t hostfs -o "$LOGS" none /run/logs
share=/run/share
for module in $KERNEL_MODULES; do $b insmod "$module" || echo "insmod $module: failed"; done

$b grep -q ' /dev ' /proc/mounts || $b mount -t devtmpfs dev /dev
$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts -o mode=620,ptmxmode=666,gid=5 devpts /dev/pts
$b mount -t tmpfs tmpfs /dev/shm
$b ln -sfn /proc/self/fd /dev/fd
$b ln -sfn pts/ptmx /dev/ptmx

$b mount -t overlay -o "lowerdir=$PACKAGES/usr:/usr" overlay /usr
$b mount -t tmpfs tmpfs /mnt
$b mount -t ext4 -o noatime /dev/ubda /run/disk
$b mkdir -p /run/disk/lib/kubelet /run/disk/lib/nfs /run/disk/log/pods /run/disk/tmp
$b ln -sfn /run /run/disk/run
$b mount --bind /run/disk /var

# What programs look up: the machine's own users and services, what the packages bring, and what is ours.
for file in passwd group nsswitch.conf protocols services rpc netconfig localtime mke2fs.conf ssl; do
	[ -e /etc/$file ] && $b cp -a /etc/$file /run/etc/
done
for file in netconfig request-key.conf request-key.d nfs.conf mke2fs.conf; do
	[ -e "$PACKAGES/etc/$file" ] && $b cp -a "$PACKAGES/etc/$file" /run/etc/
done
$b cp -a $share/etc/. /run/etc/
$b ln -sfn /proc/self/mounts /run/etc/mtab
: > /run/etc/resolv.conf
printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$HOST_NAME" > /run/etc/hosts
$b mount --bind /run/etc /etc

# The kubelet reads the CPU's clock speed and topology, of which this kernel says nothing.
$b sed 's/^bogomips/cpu MHz\t\t: 2000.000\nphysical id\t: 0\ncore id\t\t: 0\nbogomips/' /proc/cpuinfo > /run/cpuinfo
$b mount --bind /run/cpuinfo /proc/cpuinfo
$b mount -t cgroup2 cgroup2 /sys/fs/cgroup
$b mount --make-rshared /

$b hostname "$HOST_NAME"
$b ip link set lo up
$b ip addr add "$ADDRESS/24" dev eth0
$b ip link set eth0 up
$b ip route add default via "$GATEWAY"
echo 1 > /proc/sys/net/ipv4/ip_forward

# The agent: each file NAME.command in the shared folder is run, several at once; its output goes to NAME.output and
# then its exit status to NAME.status. `read` from a pipe that stays empty waits without starting a process. Who has been
# asked for nothing in a while looks less often: looking all the time takes a fortieth of a processor.
cd /
$b mkfifo /run/pause
exec 9<> /run/pause
: > $share/up
looked=0
while :; do
	for command in $share/commands/*.command; do
		[ -e "$command" ] || continue
		looked=0
		name=${command##*/}
		name=${name%.command}
		$b mv "$command" /run/agent/$name
		(
			exec 9>&-
			$b sh /run/agent/$name > $share/commands/$name.output 2>&1 < /dev/null
			echo $? > $share/commands/$name.ended
			$b mv $share/commands/$name.ended $share/commands/$name.status
			$b rm -f /run/agent/$name
		) &
	done
	looked=$((looked + 1))
	if [ $looked -lt 100 ]; then pause=0.03; else pause=0.2; fi
	read -t $pause nothing <&9
done
