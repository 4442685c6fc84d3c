# fish completion for virt-clone: the same as for virt-install
source (path dirname (status filename))/virt-install.fish
