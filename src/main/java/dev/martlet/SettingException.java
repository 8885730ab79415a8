package dev.martlet;

/// A setting that the service cannot start with. The message names the variable and the cure, and holds no secret.
final class SettingException extends RuntimeException {
    SettingException(String message) {
        super(message);
    }
}
