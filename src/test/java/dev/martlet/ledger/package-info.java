/// A client that keeps the books. It uses nothing but the JDK, so that one file can be run against any service.
@NullMarked
package dev.martlet.ledger;

import org.jspecify.annotations.NullMarked;
