"""What answers to which address."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import logging
from collections.abc import Collection
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from cafer_tf import datasets
from cafer_tf.app import pages
from cafer_tf.app.access import LOOPBACK_NAMES, Access
from cafer_tf.app.answers import about, answer
from cafer_tf.app.headers import SafeHeaders
from cafer_tf.app.limits import Limits, Uploads
from cafer_tf.serving import ModelError, Predictor

_log = logging.getLogger(__name__)


def create_app(
    predictor: Predictor,
    whole: bool = False,
    names: Collection[str] = LOOPBACK_NAMES,
    local_only: bool = True,
    limits: Limits | None = None,
) -> ASGIApp:
    """The application: the page, `POST /api/faces` (`?frame` for one of a camera), `GET /api/model` and `GET /healthz`.

    The model answers for one picture at a time, in a thread of its own.

    Args:
        predictor: the model.
        whole: whether each picture is one face, cropped already.
        names: by which the server may be called, in lower case, without a port; requests for others are refused.
        local_only: whether other machines are refused.
        limits: of what is sent; None for the usual ones.
    """
    limits = limits or Limits()
    app = FastAPI(title='CAFER-TF', openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    model = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix='model')

    @app.post('/api/faces')
    async def faces(request: Request) -> JSONResponse:
        # A face that leans in to the camera would lose its box once it fills the frame, were that taken as a crop.
        cropped = False if 'frame' in request.query_params else None
        ask = functools.partial(answer, predictor, await request.body(), whole or cropped)
        try:
            return JSONResponse(await asyncio.get_running_loop().run_in_executor(model, ask))
        except datasets.UnusableImage as error:
            return _refused(422, f'This picture cannot be used: {error}.')
        except ModelError as error:
            _log.error('%s', error)
            return _refused(500, 'The model does not answer; the terminal of the server says why.')

    @app.get('/api/model')
    async def model_facts() -> dict[str, Any]:
        return about(predictor, whole, limits.max_bytes)

    @app.get('/healthz')
    async def health() -> dict[str, str]:
        return {'status': 'ok'}

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> JSONResponse:
        sentence = f'{request.method} {request.url.path}: {error.detail}'
        return JSONResponse({'error': sentence}, error.status_code, error.headers)

    for path, page in pages.read().items():
        app.add_route(path, page)
    # The last one is asked first.
    app.add_middleware(Uploads, limits=limits)
    app.add_middleware(Access, names=names, local_only=local_only)
    return SafeHeaders(app)  # around what FastAPI itself answers to a mistake in here


def _refused(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({'error': sentence}, status)
