"""Stands in for `vigie crawl`: tells a test that it began and with which arguments, and ends when the test says so.

Run as a script with the port of the test and the arguments; it needs the standard library alone, so it starts fast.
"""

import json
import os
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as test:
    test.sendall(json.dumps({"arguments": sys.argv[2:], "pid": os.getpid()}).encode() + b"\n")
    told = test.makefile().readline()
sys.exit(int(told or 1))
