/// Faults, injected for real: slow and hostile clients, a database that goes away, restarts under load. The service
/// and the database are processes of their own, and the operating system says how they are.
///
/// `mvn verify` runs short versions, `mvn -Psoak verify` the long ones.
@NullMarked
package dev.martlet.faults;

import org.jspecify.annotations.NullMarked;
