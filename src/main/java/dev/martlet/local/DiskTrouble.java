package dev.martlet.local;

import java.io.IOException;
import java.nio.file.Path;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;

/// Why the database takes no writes for the time being. Reads go on.
///
/// @param text what is wrong, and the cure
record DiskTrouble(int code, String codeName, String text) {

    private static final int EXCEEDED_MEMORY = 146;

    static DiskTrouble gone(Path path) {
        return new DiskTrouble(
                96,
                "OperationFailed",
                path + " was removed or replaced: put it back, or restart with what is there now");
    }

    static DiskTrouble of(RuntimeException failure, Path path) {
        String cause = cause(failure);
        if (hasCause(failure, OutOfMemoryError.class)) {
            return new DiskTrouble(
                    EXCEEDED_MEMORY,
                    "ExceededMemoryLimit",
                    "the process has too little memory to write " + path + " (" + cause
                            + "): send less at once, or raise -Xmx, and writing goes on by itself");
        }
        if (cause.contains("No space left") || cause.contains("quota exceeded") || cause.contains("File too large")) {
            return new DiskTrouble(
                    14031,
                    "OutOfDiskSpace",
                    "the disk of " + path + " is full: make room, and writing goes on by itself");
        }
        if (cause.contains("ead-only")) {
            return new DiskTrouble(
                    96,
                    "OperationFailed",
                    path + " cannot be written, its file system is read-only: make it writable, and writing goes on by"
                            + " itself");
        }
        if (failure instanceof MVStoreException e && e.getErrorCode() == DataUtils.ERROR_FILE_CORRUPT) {
            return new DiskTrouble(
                    96,
                    "OperationFailed",
                    path + " is damaged (" + cause + "): read what can be read, and restore a copy");
        }
        return new DiskTrouble(
                96,
                "OperationFailed",
                path + " cannot be written (" + cause + "): check the disk, and writing goes on by itself");
    }

    /// Whether the disk is to blame. If not, a moment later there may be memory again.
    boolean isOfDisk() {
        return code != EXCEEDED_MEMORY;
    }

    private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static String cause(RuntimeException failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String message = String.valueOf(deepest.getMessage());
        return deepest instanceof IOException || message.indexOf('[') < 0
                ? message
                : message.substring(0, message.indexOf('[')).strip();
    }

    CommandFailure failure() {
        return new CommandFailure(code, codeName, text);
    }
}
