"""Sends a mail by the server that its environment names, with a login, then one of HTML alone, and waits."""

import os
import pathlib
import signal
import smtplib
import ssl
from email.message import EmailMessage

bill = EmailMessage()
bill["Subject"] = "Twoja płatność"
bill["From"] = "Café <shop@outside.example>"
bill["To"] = "ada@customers.example"
bill.set_content("Razem: 12 € ąę\n.a line that begins with a dot\n")
bill.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
with smtplib.SMTP(os.environ["SMTP_HOST"], 587, timeout=60) as server:
    server.login("robot", os.environ["SMTP_PASSWORD"])
    server.send_message(bill, to_addrs=["ada@customers.example", "archive@outside.example"])

page = EmailMessage()
page["Subject"] = "Reset"
page.set_content("<p>Dear <b>Bob</b>,</p><p><a href=\"https://shop.example/reset?id=7&amp;to=bob\">click</a>.</p>", subtype="html")
with smtplib.SMTP("mail", 1025, timeout=60) as server:
    server.auth_mechanism = "LOGIN"
    server.ehlo()
    server.user, server.password = "robot", "mail-secret"
    server.auth("LOGIN", server.auth_login)
    server.send_message(page, "shop@outside.example", ["bob@customers.example"])

try:
    smtplib.SMTP_SSL("relay.outside.example", 465, timeout=60, context=ssl.create_default_context())
except OSError as error:
    print("no TLS:", type(error).__name__)

# In memory, so that it goes with a stop and says of every start whether its mail is sent.
pathlib.Path("/dev/shm/sent").touch()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
signal.pause()
