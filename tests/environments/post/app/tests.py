"""Sends one small mail and one that is too long, and fails if anybody else takes mail, or if the sink breaks the protocol."""

import smtplib
import socket

# Somebody who says nothing keeps nobody else waiting, and neither does somebody who says everything at once.
idle = smtplib.SMTP("mail", 2525, timeout=60)
hasty = socket.create_connection(("mail", 25), timeout=60)
hasty.sendall(b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@customers.example>\r\nRSET\r\nDATA\r\nNOOP\r\nWHAT\r\nQUIT\r\n")
codes = [line[:3] for line in hasty.makefile().read().split("\n") if line]
assert codes == ["220", "250", "250", "250", "250", "503", "250", "502", "221"], codes
with smtplib.SMTP("relay.outside.example", timeout=60) as server:
    server.sendmail("shop@outside.example", "eve@customers.example", "Subject: short\n\nhello")
    long = "Subject: long\n\n" + ("0123456789" * 9 + "\n") * 125_000
    server.sendmail("shop@outside.example", "eve@customers.example", long)
assert (idle.noop()[0], idle.vrfy("eve")[0], idle.rset()[0]) == (250, 252, 250)
try:
    socket.create_connection(("mx.outside.example", 25), timeout=60)
    raise SystemExit("a mail server that nobody catches was reached")
except OSError as error:
    print("not reached:", error)
