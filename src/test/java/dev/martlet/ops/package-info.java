/// The drain alone. The rest of `ops` is tested from outside: over HTTP, on a service in a process of its own.
@org.jspecify.annotations.NullMarked
package dev.martlet.ops;
