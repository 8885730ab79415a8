package dev.martlet;

/// A MongoDB user. Its text form hides the password.
record Credentials(String username, String password) {
    @Override
    public String toString() {
        return "Credentials[username=" + username + ", password=***]";
    }
}
