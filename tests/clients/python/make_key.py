"""Makes a key for a client: the private half into the file that is named, the public half to standard output."""

import json
import os
import sys

from joserfc.jwk import OKPKey

key = OKPKey.generate_key("Ed25519", {"kid": "test", "alg": "EdDSA", "use": "sig"})
with open(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
    json.dump(key.as_dict(private=True), file)
print(json.dumps(key.as_dict(private=False)))
