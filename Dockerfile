# The image of nfs-steward: docs/image.md tells how to build it and what is in it.
ARG BASE=docker.io/library/debian:trixie-slim

FROM ${BASE} AS packages
# gunicorn_h1c comes as source only: a compiler, Python's headers and setuptools are for it. setuptools is Debian's, so
# that nothing enters which is neither signed by Debian nor in the lock file with its hash.
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends gcc libc6-dev python3-dev python3-pip python3-setuptools python3-venv
COPY requirements.lock /build/
# Whoever has a package index of their own gives pip's configuration as a secret: it reaches this step, and no layer.
# What no process of ours imports is left out: kubernetes.aio, a second copy of the Kubernetes client (68 MB), and
# aiohttp with what it stands on, which serve that copy alone; Pygments and the Markdown parser, with which rich could
# colour source code (tests/image imports every module of ours without them).
# Bytecode is compiled here, once: on a read-only root Python could never keep it. It is trusted without a look at the
# source (unchecked-hash), so that it does not depend on times of files. The Kubernetes client is for kubeconfigs, which
# Pods do not have: it does without bytecode (30 MB).
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=pip-ca.crt,target=/etc/pip-ca.crt \
    python3 -m venv --without-pip /opt/nfs-steward \
    && PYTHONPATH=/usr/lib/python3/dist-packages pip --python=/opt/nfs-steward/bin/python install --quiet \
        --no-cache-dir --no-compile --no-build-isolation --ignore-installed --require-hashes \
        --requirement=/build/requirements.lock \
    && pip --python=/opt/nfs-steward/bin/python uninstall --quiet --yes aiohttp aiohttp-retry aiosignal attrs \
        frozenlist multidict propcache yarl markdown-it-py mdurl pygments \
    && rm -r /opt/nfs-steward/lib/python3*/site-packages/kubernetes/aio \
    && /opt/nfs-steward/bin/python -m compileall -q --invalidation-mode=unchecked-hash -x '/kubernetes/' \
        /opt/nfs-steward/lib

FROM packages AS product
COPY . /build/
RUN PYTHONPATH=/usr/lib/python3/dist-packages pip --python=/opt/nfs-steward/bin/python install --quiet \
        --no-cache-dir --no-compile --no-build-isolation --no-index --no-deps --root=/product /build \
    && /opt/nfs-steward/bin/python -m compileall -q --invalidation-mode=unchecked-hash -s /product -p / /product

FROM ${BASE} AS python
# SOURCE_DATE_EPOCH has Debian's bytecode depend on the sources' content and not on their time.
RUN apt-get update -q \
    && SOURCE_DATE_EPOCH=0 apt-get install -qy --no-install-recommends python3 \
    && rm -rf /var/cache/* /var/lib/apt/lists/* /var/log/*

# For an export on the node itself: the tools that set quotas on its file system. Those of XFS serve ext4 as well.
FROM python AS quota
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends btrfs-progs xfsprogs \
    && rm -rf /var/cache/* /var/lib/apt/lists/* /var/log/* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=packages /opt/nfs-steward /opt/nfs-steward
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nfs-steward" \
      org.opencontainers.image.description="nfs-steward, with tools that set quotas on a local file system." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=product /product/ /
ENV PATH=/opt/nfs-steward/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 65532:65532
ENTRYPOINT ["nfs-steward"]

# What installs packages, and what changes users or mounts: Perl, apt, PAM and every setuid program among them (33 MB).
# dpkg and its records stay, so that scanners see what is here.
FROM python AS system
RUN purge() { dpkg --purge --force-depends --force-remove-essential --force-remove-protected "$@"; } \
    && purge \
        apt bsdutils debian-archive-keyring init-system-helpers libapt-pkg7.0 libaudit-common libaudit1 \
        libblkid1 libcap-ng0 libgmp10 libhogweed6t64 liblastlog2-2 libmount1 libnettle8t64 libpam-modules \
        libpam-modules-bin libpam-runtime libpam0g libseccomp2 libsemanage-common libsemanage2 libsepol2 \
        libsmartcols1 libstdc++6 libsystemd0 libudev1 login login.defs mount ncurses-bin passwd sqv sysvinit-utils \
        util-linux \
    && purge debconf perl-base \
    && rm -rf /etc/apt /var/cache/* /var/lib/apt /var/log/*

FROM scratch AS nfs-steward
# A layer of its own instead of one over Debian's: what was removed shall not be in the image at all.
# hadolint ignore=DL3067
COPY --from=system / /
COPY --from=packages /opt/nfs-steward /opt/nfs-steward
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nfs-steward" \
      org.opencontainers.image.description="Gives the claims and Pods of labelled Kubernetes namespaces NFS storage." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=product /product/ /
ENV PATH=/opt/nfs-steward/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 65532:65532
ENTRYPOINT ["nfs-steward"]
