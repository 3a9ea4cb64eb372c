# The image of nfs-steward: docs/image.md tells how to build it and what is in it.
ARG BASE=docker.io/library/debian:trixie-slim

FROM ${BASE} AS packages
# gunicorn_h1c comes as source only: a compiler, Python's headers and setuptools are for it. setuptools is Debian's, so
# that nothing enters which is neither signed by Debian nor in the lock file with its hash.
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends gcc libc6-dev python3-dev python3-pip python3-setuptools python3-venv
COPY requirements.lock /build/
# Whoever has a package index of their own gives pip's configuration as a secret: it reaches this step, and no layer.
# kubernetes.aio is a second copy of the Kubernetes client (68 MB) that nothing of ours or of the first copy imports;
# aiohttp and those below it serve that copy alone.
# Bytecode is compiled here, once: on a read-only root Python could never keep it. It is trusted without a look at the
# source (unchecked-hash), so that it does not depend on times of files. The first copy of the Kubernetes client is read
# where there is a kubeconfig, in a Pod never: it does without bytecode (25 MB).
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=pip-ca.crt,target=/etc/pip-ca.crt \
    python3 -m venv --without-pip /opt/nfs-steward \
    && PYTHONPATH=/usr/lib/python3/dist-packages pip --python=/opt/nfs-steward/bin/python install --quiet \
        --no-cache-dir --no-compile --no-build-isolation --ignore-installed --require-hashes \
        --requirement=/build/requirements.lock \
    && rm -r /opt/nfs-steward/lib/python3*/site-packages/kubernetes/aio \
    && /opt/nfs-steward/bin/python -m compileall -q --invalidation-mode=unchecked-hash -x '/kubernetes/' \
        /opt/nfs-steward/lib

FROM packages AS product
COPY . /build/
RUN PYTHONPATH=/usr/lib/python3/dist-packages pip --python=/opt/nfs-steward/bin/python install --quiet \
        --no-cache-dir --no-compile --no-build-isolation --no-index --no-deps --root=/product /build \
    && /opt/nfs-steward/bin/python -m compileall -q --invalidation-mode=unchecked-hash -s /product -p / /product

FROM ${BASE} AS python
# SOURCE_DATE_EPOCH has Debian's bytecode depend on the sources' content and not on their time. No program needs to be
# setuid where there is one user.
RUN apt-get update -q \
    && SOURCE_DATE_EPOCH=0 apt-get install -qy --no-install-recommends python3 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/cache/ldconfig/* /var/log/* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=packages /opt/nfs-steward /opt/nfs-steward

FROM python AS nfs-steward
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nfs-steward" \
      org.opencontainers.image.description="Gives the claims and Pods of labelled Kubernetes namespaces NFS storage." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=product /product/ /
ENV PATH=/opt/nfs-steward/bin:/usr/local/bin:/usr/bin:/bin
USER 65532:65532
ENTRYPOINT ["nfs-steward"]
