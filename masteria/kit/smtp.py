"""One message by SMTP. The password travels encrypted or not at all; what goes wrong says so without repeating it."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from masteria.kit.errors import OutsideError

SECONDS = 15
SUBMISSION, SUBMISSION_TLS = 587, 465
OWN_MACHINE = ("127.0.0.1", "::1", "localhost")


def send(url: str, sender: str, address: str, subject: str, body: str, *, message_id: str = "") -> None:
    """Hand it to the server of `url` (`smtp://` or `smtps://`); `OutsideError` says whether trying again can help."""
    try:
        message = _message(sender, address, subject, body, message_id)
        with _connect(urlsplit(url)) as server:
            server.send_message(message, to_addrs=[address])
    except smtplib.SMTPRecipientsRefused as error:
        code = next((code for code, _ in error.recipients.values()), 0)
        raise OutsideError(f"refused_{code}", permanent=code >= 500, code=code) from None
    except smtplib.SMTPNotSupportedError as error:
        raise OutsideError("not_supported", permanent=True) from error
    except smtplib.SMTPAuthenticationError as error:
        # ours to mend, not the reader's: the mail waits
        raise OutsideError("login_refused", permanent=False, code=error.smtp_code) from None
    except smtplib.SMTPResponseException as error:
        raise OutsideError(f"refused_{error.smtp_code}", permanent=False, code=error.smtp_code) from None
    except (ValueError, UnicodeError) as error:  # a header that no mail can have
        raise OutsideError("unusable", permanent=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise OutsideError("unreachable", permanent=False) from error


def _message(sender: str, address: str, subject: str, body: str, message_id: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, subject
    message["Date"] = formatdate(localtime=False)
    if message_id:  # the same each time, so that a repeat is one message to whoever gets it
        message["Message-ID"] = f"<{message_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def _connect(url: SplitResult) -> smtplib.SMTP:
    host, is_wrapped = url.hostname or "", url.scheme == "smtps"
    port = url.port or (SUBMISSION_TLS if is_wrapped else SUBMISSION)
    tls = ssl.create_default_context()
    if is_wrapped:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=tls)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        server.ehlo()
        if not is_wrapped and server.has_extn("starttls"):
            server.starttls(context=tls)
            server.ehlo()
            is_wrapped = True
        if url.username:
            if not is_wrapped and host not in OWN_MACHINE:
                raise OutsideError("no_tls", permanent=False)
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server
