#!/usr/bin/env python3
"""Mints a JSON Web Token with nothing but the standard library.

Arguments: the secret, the user, seconds until it expires (may be negative), the algorithm (HS256 or none).
"""

import base64
import hashlib
import hmac
import json
import sys
import time


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def main(secret, user, seconds, algorithm):
    header = {"typ": "JWT", "alg": algorithm}
    claims = {"sub": user, "exp": int(time.time()) + int(seconds)}
    signed = encode(json.dumps(header).encode()) + b"." + encode(json.dumps(claims).encode())
    signature = b"" if algorithm == "none" else hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    print((signed + b"." + encode(signature)).decode())


main(*sys.argv[1:])
