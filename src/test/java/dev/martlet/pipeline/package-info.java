/// The scripts of the pipeline, run for real: bash and git on repositories of the test's own.
@NullMarked
package dev.martlet.pipeline;

import org.jspecify.annotations.NullMarked;
