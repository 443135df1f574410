"""An OpenID Connect provider without passwords, which logs everybody in as the same person."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "studio"
SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "not secret at all, but long enough to sign a cookie"
client_id = "{client}"
client_secret = "of the app"
server_metadata_url = "{url}/.well-known/openid-configuration"
"""


@dataclass
class Provider:
    """A running provider."""

    url: str
    subject: str = "anna"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(parameters={"kid": "1"}))
    nonces: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> str:
        """The secrets file with which the app uses this provider."""
        return SECRETS.format(client=CLIENT, url=self.url)

    async def configuration(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        query = request.query_params
        assert query["client_id"] == CLIENT
        self.nonces[self.subject] = query["nonce"]
        answer = urlencode({"code": self.subject, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{answer}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        subject = str(form["code"])
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": self.nonces.pop(subject),
            "name": subject.capitalize(),
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        return JSONResponse(
            {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token}
        )

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Run a provider on a free port of the loopback interface until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        provider = Provider(f"http://127.0.0.1:{listening.getsockname()[1]}")
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", provider.configuration),
                Route("/authorize", provider.authorize),
                Route("/token", provider.token, methods=["POST"]),
                Route("/keys", provider.keys),
            ]
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join()
