# Turns a guest that is up into an NFS server that exports nothing yet: what the packages and the init scripts of a
# distribution would have done. It is a shell script, as the guest's init is: it starts programs and does nothing else.
set -e

# rpcbind and rpc.statd give up root for users of their own.
cat >> /etc/passwd << END
_rpc:x:471:65534::/run/rpcbind:/usr/sbin/nologin
statd:x:472:65534::/var/lib/nfs:/usr/sbin/nologin
END
mkdir -p /run/rpcbind /run/rpc_pipefs /run/lock /var/lib/nfs/sm /var/lib/nfs/sm.bak /var/lib/nfs/v4recovery
chmod 1777 /run/tmp
chown statd /var/lib/nfs /var/lib/nfs/sm /var/lib/nfs/sm.bak
mount -t nfsd nfsd /proc/fs/nfsd
mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs

: > /etc/exports
rpcbind
exportfs -r
rpc.nfsd 4
rpc.mountd
rpc.statd
# Else an open(2) over NFSv4 waits for the end of the grace period, 90 s; that can be ended only where v4recovery exists.
echo Y > /proc/fs/nfsd/v4_end_grace
