"""Kamailio as an authenticating, record-routing proxy, and baresip as the telephone behind it."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sip.kamailio_script import PASSWORD, script
from tests.sip.peers import Peer, free_port, running
from widget.sip.tls import TlsOptions

BARESIP = """
sip_listen 127.0.0.1:{port}
audio_source aufile,{folder}/tone.wav
audio_player aufile,{folder}/heard.wav
snd_path {folder}
ausrc_srate 8000
auplay_srate 8000
rtp_ports {media}-{media_end}
ctrl_tcp_listen 127.0.0.1:{control}
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module opus.so
module srtp.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


@asynccontextmanager
async def kamailio(
    folder: Path, *, callee: int, algorithm: str = "MD5", password: str = PASSWORD
) -> AsyncIterator[Peer]:
    """A proxy that asks for credentials, stays in the route, and sends every call to the callee's port."""
    port = free_port()
    text = script(
        listen=f"disable_tcp=yes\nlisten=udp:127.0.0.1:{port}",
        target=f"sip:127.0.0.1:{callee}",
        algorithm=algorithm,
        password=password,
    )
    (folder / "kamailio.cfg").write_text(text)
    arguments = ["-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", "16", "-M", "4", "-Y", str(folder)]
    async with running("kamailio", arguments, port=port, folder=folder) as peer:
        yield peer


@dataclass
class Telephone:
    """A running baresip and the port of its control interface."""

    peer: Peer
    control: int

    async def command(self, name: str, parameters: str = "") -> None:
        """One command, as a netstring of JSON."""
        text = json.dumps({"command": name, "params": parameters, "token": "t"})
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control)
        try:
            writer.write(f"{len(text)}:{text},".encode())
            await writer.drain()
            await reader.readuntil(b",")
        finally:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def baresip(
    folder: Path,
    *,
    answers: bool = True,
    account: str = "",
    identity: TlsOptions | None = None,
    codecs: str = "pcmu",
) -> AsyncIterator[Telephone]:
    """A telephone that answers by itself and speaks a tone.

    `account` holds further parameters of it; with an `identity` it speaks TLS at the next port.
    """
    port, control, media = free_port(), free_port(), free_port()
    write_tone(folder / "tone.wav", channels=2 if codecs.endswith("/2") else 1)
    text = BARESIP.format(port=port, control=control, folder=folder, media=media, media_end=media + 20)
    if identity:
        (folder / "identity.pem").write_text(f"{identity.certificate}{identity.key}")
        text += f"sip_certificate {folder}/identity.pem\n"
    (folder / "config").write_text(text)
    mode = "auto" if answers else "manual"
    (folder / "accounts").write_text(
        f"<sip:100@127.0.0.1:{port}>;regint=0;answermode={mode};audio_codecs={codecs}{account}\n"
    )
    (folder / "contacts").write_text("")
    async with running("baresip", ["-f", str(folder)], port=port, folder=folder) as peer:
        await peer.said("baresip is ready")
        yield Telephone(peer, control)


def write_tone(path: Path, *, channels: int = 1) -> None:
    """Ten seconds of a loud square wave, as the telephone wants a file to speak from."""
    wave_form = (b"\x00\x40" * 8 * channels + b"\x00\xc0" * 8 * channels) * 5_000
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(wave_form)
