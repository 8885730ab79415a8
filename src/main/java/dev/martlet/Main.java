package dev.martlet;

final class Main {
    private Main() {}

    static void main() {
        System.out.println("Martlet");
    }
}
