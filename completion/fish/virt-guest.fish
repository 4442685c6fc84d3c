# fish completion for virt-guest: that of virt-install
source (path dirname (status filename))/virt-install.fish
