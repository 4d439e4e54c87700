"""From one codec's payloads to another's: decoder, resampler, encoder, and what is left over between packets."""

from collections.abc import Iterator

from widget.media.relay.conversion import Conversion
from widget.media.transcoder import codecs
from widget.media.transcoder.codecs import DECODED_RATES, SAMPLE_SIZE, Decoder, Encoder, Resampler
from widget.media.transcoder.noise import Noise


class Path:
    """Made as the first packet asks for it, and anew where a later one asks for something else."""

    def __init__(self) -> None:
        #: The length of packets of ours and of the source's latest; 0 before there was any.
        self.packet_seconds = self.heard_seconds = 0.0
        self._decoders: dict[str, Decoder] = {}
        self._resampler: Resampler | None = None
        self._encoder: Encoder | None = None
        self._resampled: tuple[int, int] | None = None
        self._encoded: tuple[str, int, int] | None = None
        self._packet_size = 0
        self._rest = bytearray()

    def decode(self, conversion: Conversion, payload: bytes) -> bytes:
        """Linear audio; raises ``av.FFmpegError`` for a payload that cannot be decoded."""
        source = conversion.source
        decoder = self._decoders.get(source)
        if decoder is None:
            decoder = self._decoders[source] = codecs.decoder(source)
        audio = decoder.decode(payload)
        self.heard_seconds = len(audio) / (SAMPLE_SIZE * DECODED_RATES[source])
        return audio

    def encode(self, conversion: Conversion, audio: bytes) -> Iterator[bytes]:
        """The payloads that are complete with this audio; raises ``av.FFmpegError``."""
        encoder, resampler = self._prepare(conversion)
        self._rest += resampler.convert(audio)
        size = self._packet_size
        while len(self._rest) >= size:
            whole = bytes(self._rest[:size])
            del self._rest[:size]
            yield encoder.encode(whole)

    def encode_noise(self, conversion: Conversion, noise: Noise) -> bytes:
        """One payload of noise."""
        encoder, _ = self._prepare(conversion)
        self.drop_rest()
        return encoder.encode(noise.take(self._packet_size // SAMPLE_SIZE))

    def drop_rest(self) -> None:
        """Audio that fills no packet does not wait across a pause."""
        self._rest.clear()

    def _prepare(self, conversion: Conversion) -> tuple[Encoder, Resampler]:
        destination, source_rate = conversion.destination, DECODED_RATES[conversion.source]
        rate = codecs.encoded_rate(destination, source_rate)
        packet_ms = codecs.packet_ms_of(destination, conversion.packet_ms)
        if self._resampler is None or self._resampled != (source_rate, rate):
            self._resampler, self._resampled = Resampler(source_rate, rate), (source_rate, rate)
        if self._encoder is None or self._encoded != (destination, rate, packet_ms):
            self._encoder, self._encoded = codecs.encoder(destination, rate, packet_ms), (destination, rate, packet_ms)
            self.packet_seconds, self._packet_size = packet_ms / 1000, rate * packet_ms // 1000 * SAMPLE_SIZE
            self.drop_rest()
        return self._encoder, self._resampler
