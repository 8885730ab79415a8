package dev.martlet.store;

/// There is no room for so many bytes at present. The exception ends a turn at the database, which nobody may keep
/// while waiting for memory.
final class NoRoomException extends RuntimeException {

    private final long bytes;

    NoRoomException(long bytes) {
        super("There is no room at present.", null, false, false);
        this.bytes = bytes;
    }

    long bytes() {
        return bytes;
    }

    static void unless(Room room, long bytes) {
        if (room.forBytes(bytes, bytes, false) == 0) {
            throw new NoRoomException(bytes);
        }
    }
}
