package main

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// Policy is the part of nfs-steward's policy file that the benchmark's reviews exercise.
type Policy struct {
	Exports  []Export  `json:"exports"`
	Profiles []Profile `json:"profiles"`
}

// Export is an NFS server and a path it exports.
type Export struct {
	Server  string   `json:"server"`
	Aliases []string `json:"aliases"`
	Path    string   `json:"path"`
}

// Profile is a named set of defaults.
type Profile struct {
	Name                string   `json:"name"`
	StorageClassName    string   `json:"storageClassName"`
	MountOptions        []string `json:"mountOptions"`
	AllowedMountOptions []string `json:"allowedMountOptions"`
}

func readPolicy(file string) (*Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	policy := &Policy{}
	if err := yaml.Unmarshal(text, policy); err != nil {
		return nil, err
	}
	if policy.profile("default") == nil {
		return nil, fmt.Errorf("no profile is called default")
	}
	return policy, nil
}

func (p *Policy) profile(name string) *Profile {
	for i := range p.Profiles {
		if p.Profiles[i].Name == name {
			return &p.Profiles[i]
		}
	}
	return nil
}

// profileOf chooses by the namespace's label, else the profile named default.
func (p *Policy) profileOf(namespaceLabels map[string]string) *Profile {
	if chosen := p.profile(namespaceLabels[profileLabel]); chosen != nil {
		return chosen
	}
	return p.profile("default")
}

// nfsClass tells whether any profile names the class.
func (p *Policy) nfsClass(class string) bool {
	for i := range p.Profiles {
		if p.Profiles[i].StorageClassName == class {
			return true
		}
	}
	return false
}

// manages tells whether an NFS source lies on a managed export, by path segments.
func (p *Policy) manages(server, path string) bool {
	for i := range p.Exports {
		if p.Exports[i].isServer(server) && under(p.Exports[i].Path, path) {
			return true
		}
	}
	return false
}

func (e *Export) isServer(server string) bool {
	if strings.EqualFold(e.Server, server) {
		return true
	}
	for _, alias := range e.Aliases {
		if strings.EqualFold(alias, server) {
			return true
		}
	}
	return false
}

func under(root, path string) bool {
	root = strings.TrimSuffix(root, "/")
	rest, found := strings.CutPrefix(path, root)
	if !found || (rest != "" && rest[0] != '/') {
		return false
	}
	for _, segment := range strings.Split(rest, "/") {
		if segment == ".." {
			return false
		}
	}
	return true
}
