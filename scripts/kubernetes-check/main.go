// Command kubernetes-check reads a manifest on standard input and decodes it
// strictly into the Kubernetes API's own type of a Job: a field that the API
// does not know, or of another type, is an error. Then it checks what the API's
// types cannot say of an Indexed Job.
//
//	pastur emit kubernetes plan.json --shards 16 | go run .
//
// It is a module of its own so that pastur does not depend on Kubernetes.
package main

import (
	"fmt"
	"io"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := check(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes-check: "+err.Error())
		os.Exit(1)
	}
}

func check(in io.Reader) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var job batchv1.Job
	if err := yaml.UnmarshalStrict(text, &job); err != nil {
		return err
	}
	spec := &job.Spec
	switch {
	case job.APIVersion != "batch/v1" || job.Kind != "Job" || job.Name == "":
		return fmt.Errorf("want a named Job of batch/v1, got %q %q %q", job.Name, job.Kind, job.APIVersion)
	case spec.CompletionMode == nil || *spec.CompletionMode != batchv1.IndexedCompletion || spec.Completions == nil:
		return fmt.Errorf("want an indexed job with completions")
	case spec.BackoffLimitPerIndex != nil && spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever,
		spec.PodFailurePolicy != nil && spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever:
		return fmt.Errorf("backoffLimitPerIndex and podFailurePolicy need restartPolicy Never")
	}
	containers := spec.Template.Spec.Containers
	if len(containers) != 1 || containers[0].Image == "" || len(containers[0].Command) == 0 {
		return fmt.Errorf("want one container with an image and a command")
	}
	if spec.PodFailurePolicy != nil {
		for _, rule := range spec.PodFailurePolicy.Rules {
			if rule.OnExitCodes != nil && *rule.OnExitCodes.ContainerName != containers[0].Name {
				return fmt.Errorf("a failure rule names container %q, the pod has %q", *rule.OnExitCodes.ContainerName, containers[0].Name)
			}
		}
	}
	volumes := map[string]bool{}
	for _, v := range spec.Template.Spec.Volumes {
		volumes[v.Name] = true
	}
	for _, m := range containers[0].VolumeMounts {
		if !volumes[m.Name] {
			return fmt.Errorf("volume %q is mounted and not defined", m.Name)
		}
	}
	fmt.Printf("%s: %d completions, %q\n", job.Name, *spec.Completions, containers[0].Command)
	return nil
}
