package dev.martlet.api;

/// The OpenAPI document
final class Described {
    private Described() {}
    static void check(String method, String target, Answer answer) {}
}
