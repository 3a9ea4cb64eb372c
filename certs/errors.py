"""What can go wrong with certificates.

StewardError
└── CertificateError
    ├── NamesInvalid       no names, or one that no certificate can carry
    ├── AuthorityUnusable  an authority that has expired, or whose key does not belong to it
    ├── FilesUnreadable    ca.crt, tls.crt or tls.key is missing, unreadable or not what its name says
    └── AuthorityInPlace   a directory already holds certificates, and replacing them was not asked for
"""

from policy.errors import StewardError


class CertificateError(StewardError):
    """Anything about certificates that nfs-steward refuses or cannot do."""


class NamesInvalid(CertificateError):
    """The names asked for cannot stand in a serving certificate."""


class AuthorityUnusable(CertificateError):
    """Nothing can be signed with this authority."""


class FilesUnreadable(CertificateError):
    """The certificates in a directory cannot be used; the message names the file and the reason."""


class AuthorityInPlace(CertificateError):
    """A directory already holds certificates. Clients trust that authority, so it is never replaced unasked."""
