"""Photographs that staff hand in: looked at, drawn anew as WebP without anything that came along, or refused.

What is stored is never the file that was sent. A polyglot, a script in a comment or the coordinates of somebody's home
do not survive being drawn anew; an SVG is no picture here, and a pixel bomb is refused by its header, before it is unpacked.
"""

import struct
import warnings
from io import BytesIO
from pathlib import PurePath

from django.core.files import File
from django.core.files.base import ContentFile
from PIL import Image, ImageCms, ImageOps

KINDS = {"JPEG": {"jpg", "jpeg"}, "PNG": {"png"}, "WEBP": {"webp"}, "AVIF": {"avif"}}
MAX_PICTURE_BYTES = 8 * 1024 * 1024  # bytes as sent
MAX_PIXELS = 40_000_000
MAX_SIDE_PIXELS = 2400  # pixels as stored: twice the width at which the largest screen shows it
# What Pillow's decoders raise on files that are cut off or made up.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)


class InvalidPicture(ValueError):
    """The file is refused; says why."""


def reencode(upload: File, *, square: int = 0) -> ContentFile:
    """The picture as WebP in sRGB, upright, at most 2,400 pixels wide or high, without metadata; raises InvalidPicture.

    `square`: the middle of the picture alone, so many pixels wide and high at most.
    """
    if (upload.size or 0) > MAX_PICTURE_BYTES:
        raise InvalidPicture(f"The file is larger than {MAX_PICTURE_BYTES // 1024 // 1024} MB.")
    picture = _look(upload)
    try:
        picture.draft("RGB", (MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))  # a JPEG is unpacked no larger than needed
        picture = _in_srgb(ImageOps.exif_transpose(picture))
    except BROKEN:
        raise InvalidPicture("The file is damaged.") from None
    if square:
        side = min(square, *picture.size)
        picture = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    picture.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS), Image.Resampling.LANCZOS)
    drawn = BytesIO()
    Image.frombytes(picture.mode, picture.size, picture.tobytes()).save(drawn, "WEBP", quality=86, method=4)
    return ContentFile(drawn.getvalue(), name="picture.webp")


def _look(upload: File) -> Image.Image:
    """The picture by its header: of a known kind, named for it, and not too large to unpack."""
    upload.seek(0)
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            picture = Image.open(upload, formats=list(KINDS))
    except Image.DecompressionBombError:
        raise InvalidPicture(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels.") from None
    except BROKEN:
        raise InvalidPicture("This is no JPEG, PNG, WebP or AVIF picture.") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise InvalidPicture(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels.")
    if PurePath(upload.name or "").suffix.lower().lstrip(".") not in KINDS[str(picture.format)]:
        raise InvalidPicture(f"The name “{upload.name}” says something else than its content, which is {picture.format}.")
    return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """RGB or RGBA as screens mean it; a colour profile that came along is applied, and left out."""
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture.convert(mode)
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except ImageCms.PyCMSError:
        return picture.convert(mode)  # a profile nobody can read says nothing about the colours
    return converted or picture.convert(mode)
