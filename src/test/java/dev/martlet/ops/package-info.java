/// The drain by itself. What else watches the service is seen from outside: over HTTP, and in a process of its own.
@org.jspecify.annotations.NullMarked
package dev.martlet.ops;
