"""Files that say who we are: read without asking anybody anything."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from splitbrain.credentials import read_credentials

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def certificate(folder, lock):
    """A certificate that vouches for itself, and its key, locked or not."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "us")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "us.pem", folder / "us-key.pem"
    paths[0].write_bytes(made.public_bytes(PEM))
    paths[1].write_bytes(key.private_bytes(PEM, PKCS8, lock))
    return [str(path) for path in paths]


def test_a_certificate_and_its_key_are_taken(tmp_path):
    ours, key = certificate(tmp_path, serialization.NoEncryption())
    found, problems = read_credentials(None, ours, key, None, None)
    assert problems == [] and found.options == ("--tls-cert", "--tls-key")


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path):
    ours, key = certificate(tmp_path, serialization.BestAvailableEncryption(b"hush"))
    _, problems = read_credentials(None, ours, key, None, None)
    assert len(problems) == 1
    assert "the key has a passphrase, and none is ever asked for" in problems[0]


def test_what_is_no_certificate_is_told(tmp_path):
    ours, _ = certificate(tmp_path, serialization.NoEncryption())
    (tmp_path / "other.pem").write_text("nothing of that kind")
    _, problems = read_credentials(str(tmp_path / "other.pem"), ours, None, None, None)
    assert "TLS cannot be set up with these files" in problems[0]
