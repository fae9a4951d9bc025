"""Sends one small mail and one that is too long, and fails if anybody else takes mail."""

import smtplib
import socket

with smtplib.SMTP("relay.outside.example", timeout=5) as server:
    server.sendmail("shop@outside.example", "eve@customers.example", "Subject: short\n\nhello")
    long = "Subject: long\n\n" + ("0123456789" * 9 + "\n") * 125_000
    server.sendmail("shop@outside.example", "eve@customers.example", long)
try:
    socket.create_connection(("mx.outside.example", 25), timeout=5)
    raise SystemExit("a mail server that nobody catches was reached")
except OSError as error:
    print("not reached:", error)
