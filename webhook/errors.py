"""What can go wrong before and around a review.

    StewardError
    ├── RequestRefused       no review could be read: an HTTP 4xx in plain text, `status` is its number
    ├── ClusterUnknown       the cluster has not been seen yet, so a review cannot be answered
    └── CertificateError     (certs.errors)
        └── CertificateRefused  a certificate and key that cannot be served, or that clients would not accept

Two channels: as long as no uid has been read, the answer is a plain HTTP error. From then on it is always HTTP 200 with
an AdmissionReview, whatever happens: the API server can tell a refusal from a broken webhook only by that.
"""

from certs.errors import CertificateError
from policy.errors import StewardError


class RequestRefused(StewardError):
    """The request holds no review that could be answered; `status` is the HTTP status to say so with."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class ClusterUnknown(StewardError):
    """What the review needs to know of the cluster has not been seen yet."""


class CertificateRefused(CertificateError):
    """A certificate cannot be served; the text says which file, and why."""
