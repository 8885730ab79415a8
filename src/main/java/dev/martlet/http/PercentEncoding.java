package dev.martlet.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/// Percent-encoding in UTF-8: [RFC 3986, 2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1). The JDK has
/// only the encoding of forms, where a space is a plus.
public final class PercentEncoding {

    private PercentEncoding() {}

    /// A text in a form that is allowed anywhere in a URI.
    public static String encode(String text) {
        return alphanumeric(text) ? text : URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    /// Like nearly every id.
    private static boolean alphanumeric(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 128 || !Character.isLetterOrDigit(c)) {
                return false;
            }
        }
        return true;
    }

    /// @throws CharacterCodingException if it is not the percent-encoded form of a text in UTF-8
    static String decode(String encoded) throws CharacterCodingException {
        try {
            // As bytes first. Otherwise bytes that are not UTF-8 would be replaced and not refused.
            String bytes = URLDecoder.decode(encoded.replace("+", "%2B"), ISO_8859_1);
            if (encoded.indexOf('\uFFFD') < 0) {
                return UTF_8.newDecoder()
                        .decode(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1)))
                        .toString();
            }
        } catch (IllegalArgumentException e) {
            // It is refused below, like a byte that is not ASCII.
        }
        throw new CharacterCodingException();
    }
}
