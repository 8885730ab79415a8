package dev.martlet.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {

    private final Chunks chunks = new Chunks();

    private String reframed(String text) {
        return new String(chunks.reframed(text.getBytes(ISO_8859_1)), ISO_8859_1);
    }

    @Test
    void chunks_areReadAsTheyCome() {
        assertEquals("3\r\n{}x\r\n1\r\n!\r\n0\r\n\r\n", reframed("3\r\n{}x\r\n001\r\n!\r\n0\r\n\r\n"));
    }

    @Test
    void chunk_thatArrivesInParts_isAChunkForEach() {
        assertEquals("", reframed("1"));
        assertEquals("", reframed("F\r"));
        assertEquals("3\r\nabc\r\n", reframed("\nabc"));
        assertEquals("1c\r\n" + "x".repeat(28) + "\r\n", reframed("x".repeat(28) + "\r"));
        assertEquals("0\r\n\r\n", reframed("\n0\r\n\r\n"));
    }

    @Test
    void whatFollowsTheBody_isLeftAsItIs() {
        assertEquals("0\r\n\r\nGET / HT", reframed("0\r\n\r\nGET / HT"));
        assertEquals("TP/1.1\r\n\r\n", reframed("TP/1.1\r\n\r\n"));
    }

    @Test
    void chunkOfAnySize_isHeldByNobody() {
        assertEquals("2\r\nab\r\n", reframed("fffffffffffffff\r\nab"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2\r\n{}xx0\r\n\r\n",
                "+2\r\n{}\r\n0\r\n\r\n",
                "-2\r\n",
                "\r\n",
                "0x2\r\n{}\r\n",
                " 2\r\n{}\r\n",
                "2 \r\n{}\r\n",
                "2\n{}\n",
                "2;a=b\r\n{}\r\n0\r\n\r\n",
                "0\r\nTrailer: x\r\n\r\n",
                "1000000000000000\r\n"
            })
    void anythingElse_isBroken(String text) {
        assertThrows(Chunks.BrokenException.class, () -> reframed(text));
    }
}
