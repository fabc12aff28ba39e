"""Lists that come as one stream when asked for, a line of JSON a row."""

from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer


class LinesRenderer(BaseRenderer):
    """Stands for the media type in the negotiation; problems are still told as JSON."""

    media_type = "application/x-ndjson"
    format = "ndjson"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return JSONRenderer().render(data, accepted_media_type, renderer_context)
