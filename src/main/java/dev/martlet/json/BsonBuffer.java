package dev.martlet.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.bson.RawBsonDocument;

/// A growing array for BSON, and nothing more: the writer knows the format (https://bsonspec.org).
final class BsonBuffer {
    /// What MongoDB stores as one document: 16 MiB.
    static final int MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

    private byte[] bytes;
    private int size;

    BsonBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    /// A buffer that is rarely too small for a JSON text of `length` bytes.
    static BsonBuffer forText(int length) {
        return new BsonBuffer(length + (length >> 2) + 64);
    }

    int size() {
        return size;
    }

    /// The array itself, valid until the next write. Bytes from `size()` on mean nothing.
    byte[] bytes() {
        return bytes;
    }

    /// Makes room for `count` more bytes.
    void reserve(int count) {
        if (count > bytes.length - size) {
            bytes = Arrays.copyOf(bytes, Math.max(size + count, bytes.length + (bytes.length >> 1) + 64));
        }
    }

    void int8(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
    }

    void int32(int value) {
        reserve(4);
        size += 4;
        int32At(size - 4, value);
    }

    void int64(long value) {
        eight(value, Long.BYTES);
    }

    /// Writes the first `count` of eight bytes.
    void eight(long eight, int count) {
        reserve(Long.BYTES);
        EightBytes.set(bytes, size, eight);
        size += count;
    }

    /// The first eight bytes that were written from `start` on. If there are fewer, zeros follow them.
    long lastEight(int start) {
        reserve(Long.BYTES);
        return EightBytes.first(EightBytes.get(bytes, start), size - start);
    }

    void copy(byte[] source, int from, int length) {
        reserve(length);
        System.arraycopy(source, from, bytes, size, length);
        size += length;
    }

    /// Begins an element: its type and its name.
    void name(int type, String name) {
        byte[] utf8 = name.getBytes(UTF_8);
        int8(type);
        copy(utf8, 0, utf8.length);
        int8(0);
    }

    void int8At(int at, int value) {
        bytes[at] = (byte) value;
    }

    void int32At(int at, int value) {
        Bson.int32(bytes, at, value);
    }

    /// Begins a document, array or string with its length, which is not known before its end.
    int beginLength() {
        int at = size;
        int32(0);
        return at;
    }

    /// Ends a document or array that began at `at`; its length counts the length field.
    void endDocument(int at) {
        int8(0);
        int32At(at, size - at);
    }

    /// Ends a string that began at `at`; its length does not count the length field.
    void endString(int at) {
        int8(0);
        int32At(at, size - at - 4);
    }

    /// Writes a number that is not negative as decimal digits.
    void decimal(int value) {
        reserve(10);
        int digits = 1;
        for (int rest = value / 10; rest > 0; rest /= 10) {
            digits++;
        }
        for (int i = size + digits - 1, rest = value; i >= size; i--, rest /= 10) {
            bytes[i] = (byte) ('0' + rest % 10);
        }
        size += digits;
    }

    /// Forgets what was written from `at` on.
    void truncate(int at) {
        size = at;
    }

    /// Replaces the `length` bytes at `at` by all of `other`, and moves what follows.
    void replace(int at, int length, BsonBuffer other) {
        reserve(other.size);
        System.arraycopy(bytes, at + length, bytes, at + other.size, size - at - length);
        System.arraycopy(other.bytes, 0, bytes, at, other.size);
        size += other.size - length;
    }

    /// Everything as one document, without a copy: nobody may write to the buffer afterwards.
    RawBsonDocument toDocument() {
        return new RawBsonDocument(bytes, 0, size);
    }

    /// Everything as one document, in an array of its own.
    RawBsonDocument copyDocument() {
        return new RawBsonDocument(Arrays.copyOf(bytes, size));
    }
}
