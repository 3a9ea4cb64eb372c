package main

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

const mirrorPod = "kubernetes.io/config.mirror"

// fillPod labels and gates a Pod that has an inline NFS volume on a managed export.
func (m *mutator) fillPod(pod *corev1.Pod) *outcome {
	result := outcomeOf(pod)
	if pod.Labels[injectLabel] == "disabled" || !m.touchesExport(pod) {
		return result
	}
	if pod.Labels[inlineLabel] != "true" {
		result.labels[inlineLabel] = "true"
	}
	gate(pod, result)
	return result
}

func gate(pod *corev1.Pod, result *outcome) {
	if _, mirror := pod.Annotations[mirrorPod]; mirror || pod.Spec.NodeName != "" {
		return
	}
	wanted := corev1.PodSchedulingGate{Name: directoryGate}
	if gates := pod.Spec.SchedulingGates; !slices.Contains(gates, wanted) {
		result.fill("spec.schedulingGates", "/spec/schedulingGates", append(gates, wanted))
	}
}

func (m *mutator) touchesExport(pod *corev1.Pod) bool {
	for i := range pod.Spec.Volumes {
		if nfs := pod.Spec.Volumes[i].NFS; nfs != nil && m.policy.manages(nfs.Server, nfs.Path) {
			return true
		}
	}
	return false
}
