"""Authlib gets tokens by client credentials, by a secret and by a key of its own, and asks with them."""

import json
import os
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

QUERY = {"query": "{ viewer { account { name } } projects { totalCount } }"}


def required(name: str) -> str:
    """The value of an environment variable; without it the test cannot run."""
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set")
    return value


def expect(condition: bool, reason: str) -> None:
    """Ends the test with the reason unless the condition holds."""
    if not condition:
        sys.exit(f"failed: {reason}")


BASE = required("JIXIAO_URL").rstrip("/")
CLIENT = required("JIXIAO_CLIENT")


class ShortAssertion(PrivateKeyJWT):
    """Assertions that live a minute; authlib's own live an hour, and the service takes five minutes at the most."""

    def sign(self, auth, token_endpoint):
        place = {"client_id": auth.client_id, "token_endpoint": token_endpoint}
        return private_key_jwt_sign(auth.client_secret, alg=self.alg, expires_in=60, **place)


def metadata() -> dict:
    """What the service says of its endpoints."""
    answer = requests.get(f"{BASE}/.well-known/oauth-authorization-server", timeout=30)
    answer.raise_for_status()
    return answer.json()


def check(session: OAuth2Session, places: dict, way: str) -> None:
    """Gets a token, checks it by the published keys, asks with it, and revokes it."""
    token = session.fetch_token(places["token_endpoint"], grant_type="client_credentials", scope="project:read")
    expect(token["scope"] == "project:read" and token["expires_in"] <= 900, f"{way}: {token}")

    keys = KeySet.import_key_set(requests.get(places["jwks_uri"], timeout=30).json())
    read = jwt.decode(token["access_token"], keys, algorithms=["Ed25519", "EdDSA"])
    expect(read.header["typ"] == "at+jwt", f"{way}: {read.header}")
    expect(read.claims["iss"] == places["issuer"] and read.claims["client_id"] == CLIENT, f"{way}: {read.claims}")

    answer = session.post(f"{BASE}/graphql", json=QUERY)
    data = answer.json()["data"]
    expect(data["viewer"]["account"]["name"] == CLIENT and data["projects"]["totalCount"] > 0, f"{way}: {answer.text}")

    revoked = session.revoke_token(places["revocation_endpoint"], token["access_token"], token_type_hint="access_token")
    expect(revoked.status_code == 200, f"{way}: {revoked.status_code} {revoked.text}")
    expect(session.post(f"{BASE}/graphql", json=QUERY).status_code == 401, f"{way}: the revoked token is still good")


def main() -> None:
    places = metadata()
    secret = OAuth2Session(CLIENT, required("JIXIAO_CLIENT_SECRET"), token_endpoint_auth_method="client_secret_basic")
    check(secret, places, "client_secret_basic")

    with open(required("JIXIAO_CLIENT_KEY"), encoding="utf-8") as file:
        key = OKPKey.import_key(json.load(file))
    signed = OAuth2Session(
        CLIENT, key, token_endpoint_auth_method="private_key_jwt", revocation_endpoint_auth_method="private_key_jwt"
    )
    signed.register_client_auth_method(ShortAssertion(places["token_endpoint"], alg="EdDSA"))
    check(signed, places, "private_key_jwt")

    wrong = OAuth2Session(CLIENT, "jxs_wrong", token_endpoint_auth_method="client_secret_basic")
    try:
        wrong.fetch_token(places["token_endpoint"], grant_type="client_credentials")
        sys.exit("failed: a wrong secret got a token")
    except Exception as error:  # noqa: BLE001 - every version of authlib has its own class for it
        expect("invalid_client" in str(error), f"a wrong secret: {error!r}")
    print("authlib got tokens by a secret and by a key of its own, asked with them and revoked them")


main()
