# fish completion for virt-clone: that of virt-install
source (path dirname (status filename))/virt-install.fish
