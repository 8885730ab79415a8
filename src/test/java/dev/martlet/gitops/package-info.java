/// Checks of `gitops/`: every document against its Kubernetes type, and rules that concern several files.
///
/// What needs no tool looks at the files as they are written. What needs kustomize, kubeseal or shellcheck is skipped
/// where the tool is absent, and says so; `.ci/run` installs them.
@NullMarked
package dev.martlet.gitops;

import org.jspecify.annotations.NullMarked;
